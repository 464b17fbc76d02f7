# The same in every service's stack: which release is deployed, and how it takes over.

variable "release_version" {
  description = "Version to deploy, as in the service's pyproject.toml; `make deploy` uploads that artefact first."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9A-Za-z.-]+)?$", var.release_version))
    error_message = "release_version must be a semantic version such as 1.4.0."
  }
}

variable "package_sha256_base64" {
  description = "Base64 SHA-256 of the artefact, as the build prints it (44 characters)."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9+/]{43}=$", var.package_sha256_base64))
    error_message = "package_sha256_base64 must be the base64 form of a SHA-256 (44 characters); the build prints it."
  }
}

variable "canary_deployment_config" {
  description = "CodeDeploy configuration that shifts the alias, such as CodeDeployDefault.LambdaCanary10Percent5Minutes."
  type        = string
  nullable    = false

  validation {
    condition     = startswith(var.canary_deployment_config, "CodeDeployDefault.Lambda")
    error_message = "canary_deployment_config must be one of CodeDeployDefault.Lambda…"
  }
}

variable "log_retention_days" {
  description = "Days logs are kept: 14 in dev, 30 in staging, 90 in prod."
  type        = number
  nullable    = false

  validation {
    condition     = contains([14, 30, 90], var.log_retention_days)
    error_message = "log_retention_days must be 14 (dev), 30 (staging) or 90 (prod)."
  }
}

variable "reserved_concurrency" {
  description = "Concurrent executions kept for this function, 2 to 1000."
  type        = number
  nullable    = false

  validation {
    condition     = var.reserved_concurrency >= 2 && var.reserved_concurrency <= 1000
    error_message = "reserved_concurrency must be 2 to 1000."
  }
}
