"""`report`: a page that shows what is in prepared files."""
