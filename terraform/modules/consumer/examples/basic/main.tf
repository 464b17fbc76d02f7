terraform {
  required_version = ">= 1.11"
}

variable "environment" {
  description = "Name of the environment, equal to the Terraform workspace: dev, staging or prod."
  type        = string
}

module "archiver" {
  source = "../.."

  service       = "archiver"
  topology_file = "${path.module}/topology.yaml"

  environment = var.environment
  region      = "us-east-2"
  account_ids = ["123456789012"]

  run = {
    store_type         = "s3"
    bucket             = "rp-mw-dev-terraform-state"
    bucket_region      = "us-east-2"
    wanted_bucket      = "rp-mw-dev-terraform-state"
    wanted_region      = "us-east-2"
    selected_workspace = "dev"
    unknown_values     = []
  }

  release              = { version = "0.1.0", sha256_base64 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  traffic              = "apply"
  canary               = { percent = 50, events_per_hour = 20 }
  log_retention_days   = 14
  reserved_concurrency = 5
}
