"""Checks of the Terraform code with the real Terraform: `make tf`."""
