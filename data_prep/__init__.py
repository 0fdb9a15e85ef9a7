"""Raw reviews → `train.txt` and `test.txt` in BlazingText's format, and their way into S3."""
