"""Stands in for AWS's BlazingText container on a machine without containers.

`train` and `serve` are the container's two programs; each reads and writes the
directory in SM_ML_ROOT (by default /opt/ml) as the container contract says. The
work is done by the fastText library, whose `model.bin` is BlazingText's.
"""
