"""`doctor`: what would keep a tier from being deployed, before anything is deployed."""
