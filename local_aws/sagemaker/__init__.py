"""An emulated Amazon SageMaker: control plane, training, hosting, and its two HTTP APIs."""
