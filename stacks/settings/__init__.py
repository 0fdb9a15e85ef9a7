"""What a tier decides, in groups: one file for each part of the product that takes them."""
