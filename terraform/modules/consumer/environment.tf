# The same in every stack: which environment this is, and that workspace, state, account and values belong together.

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
    error_message = "The workspace is ${terraform.workspace} but the values are those of ${var.environment}: select the workspace that belongs to them (terraform workspace select -or-create dev, staging or prod; not while TF_WORKSPACE is exported)."
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

  validation {
    condition     = !contains(var.account_ids, "000000000000")
    error_message = "account_ids still holds the placeholder 000000000000: write the account of ${var.environment} into terraform/environments/${var.environment}/common.tfvars (aws sts get-caller-identity prints it)."
  }
}

variable "run" {
  description = "This run of Terraform: where its state is and where it belongs, the workspace selected in its data folder, and values of the tfvars that no variable takes."
  type = object({
    store_type         = string
    bucket             = string
    bucket_region      = string
    wanted_bucket      = string
    wanted_region      = string
    selected_workspace = string
    unknown_values     = list(string)
  })
  nullable = false

  validation {
    condition     = var.run.store_type != "none"
    error_message = "It cannot be seen where the state is: TF_DATA_DIR is exported. Unset it, or export TF_VAR_data_folder with the same folder."
  }

  validation {
    condition     = var.run.store_type != "s3" || (var.run.bucket == var.run.wanted_bucket && var.run.bucket_region == var.run.wanted_region)
    error_message = "The state is in bucket ${var.run.bucket} (${var.run.bucket_region}), that of ${var.environment} belongs into ${var.run.wanted_bucket} (${var.run.wanted_region}). ${var.run.selected_workspace == terraform.workspace ? "" : "TF_WORKSPACE or TF_DATA_DIR is exported: ${terraform.workspace} is planned, while ${var.run.selected_workspace} is selected here. Unset them. Otherwise: "}terraform init -reconfigure -backend-config=../../environments/${var.environment}/backend.s3.tfbackend; never -migrate-state, which copies one environment's state over another's."
  }

  validation {
    condition     = var.run.store_type != "s3" || var.run.wanted_region == var.region
    error_message = "The state's bucket is in ${var.run.wanted_region}, the environment in ${var.region}: correct region in common.tfvars or in backend.s3.tfbackend of terraform/environments/${var.environment}."
  }

  validation {
    condition     = length(var.run.unknown_values) == 0
    error_message = "terraform/environments/${var.environment} sets what this stack does not know: ${join(", ", var.run.unknown_values)}. Correct the name, or take it out."
  }
}

# The provider refuses another account too (allowed_account_ids), before anything is read; this says what to do.
data "aws_caller_identity" "environment" {
  lifecycle {
    postcondition {
      condition     = contains(var.account_ids, self.account_id)
      error_message = "The credentials belong to account ${self.account_id}, ${var.environment} may be applied to ${join(", ", var.account_ids)} only: log in to that account, or correct account_ids in terraform/environments/${var.environment}/common.tfvars."
    }
  }
}

locals {
  # One place for names and settings; $${env} is filled in here, other references where the resources are known.
  topology = yamldecode(replace(file(var.topology_file), "$${env}", var.environment))
  prefix   = "rp-mw-${var.environment}"
}
