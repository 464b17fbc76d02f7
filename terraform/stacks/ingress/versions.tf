terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "6.69.1" # exactly, in every environment: docs/decisions/0176
    }
    # built in: it reads the environment's tfvars
    terraform = {
      source = "terraform.io/builtin/terraform"
    }
  }

  # Bucket and region come per environment: terraform init -backend-config=../../environments/<env>/backend.s3.tfbackend
  backend "s3" {
    key          = "ingress.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

locals {
  stack = "ingress"
}

provider "aws" {
  region              = local.values.region
  allowed_account_ids = local.values.account_ids

  default_tags {
    tags = {
      product     = "rp-mw"
      environment = local.values.environment
      stack       = local.stack
    }
  }
}
