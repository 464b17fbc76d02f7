variable "environment" {
  description = "Name of the environment: dev, staging or prod."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "environment must be dev, staging or prod."
  }
}

variable "prefix" {
  description = "Prefix of the environment's names: rp-mw-<env>."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^rp-mw-[a-z]+$", var.prefix))
    error_message = "prefix must read rp-mw-<env> in lower case."
  }
}

variable "repository" {
  description = "GitHub repository whose workflows deploy, as owner/name; null for no roles of GitHub."
  type        = string
  default     = null

  validation {
    condition     = var.repository == null || can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "repository must read owner/name, without a pattern: any repository that matched could deploy."
  }
}

variable "creates_oidc_provider" {
  description = "Whether this environment makes GitHub's identity provider; an account has one, so only its first environment does."
  type        = bool
  default     = true
  nullable    = false
}

variable "state_bucket" {
  description = "Bucket of the environment's Terraform state."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.state_bucket))
    error_message = "state_bucket must be the name of a bucket."
  }
}

variable "artefact_bucket" {
  description = "Bucket of the services' zips."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.artefact_bucket))
    error_message = "artefact_bucket must be the name of a bucket."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer-managed KMS key of the environment."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}
