terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }

  # Bucket and region come per environment: terraform init -backend-config=../../environments/<env>.s3.tfbackend
  backend "s3" {
    key          = "enricher.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = var.account_ids

  default_tags {
    tags = {
      product     = "rp-mw"
      environment = var.environment
      stack       = "enricher"
    }
  }
}
