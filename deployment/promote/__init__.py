"""`promote`: a tier serves a model that it has not trained."""
