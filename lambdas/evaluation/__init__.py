"""The custom resource that evaluates a trained model before an endpoint serves it."""
