"""The custom resource that trains a BlazingText model while a stack is deployed."""
