"""`prepare --on glue`: the tier's Glue job, started and followed from here."""
