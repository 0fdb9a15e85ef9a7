"""A prepared dataset: its files, its manifest, and what is added to them."""
