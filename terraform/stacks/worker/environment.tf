# The same in every stack: which environment this is, and that the workspace agrees.

variable "environment" {
  description = "Name of the environment, equal to the Terraform workspace: dev, staging or prod."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "environment must be dev, staging or prod."
  }

  validation {
    condition     = var.environment == terraform.workspace
    error_message = "The workspace is ${terraform.workspace} but the tfvars are those of ${var.environment}: select the workspace that belongs to the tfvars."
  }
}

variable "region" {
  description = "AWS region of the environment, such as us-east-2."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be an AWS region such as us-east-2."
  }
}

variable "account_ids" {
  description = "AWS accounts this environment may be applied to (12 digits each); an apply with other credentials is refused."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.account_ids) > 0 && alltrue([for id in var.account_ids : can(regex("^[0-9]{12}$", id))])
    error_message = "account_ids must name at least one account of 12 digits."
  }
}

locals {
  # One place for names and settings; $${env} is filled in here, other references where the resources are known.
  topology = yamldecode(replace(file("${path.module}/../../../config/topology.yaml"), "$${env}", var.environment))
  prefix   = "rp-mw-${var.environment}"
}
