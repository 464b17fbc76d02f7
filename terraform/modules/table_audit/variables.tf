variable "name" {
  description = "Name of the trail: rp-mw-<env>-table-audit."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^rp-mw-[a-z]+-[a-z-]+$", var.name))
    error_message = "name must read rp-mw-<env>-<thing> in lower case."
  }
}

variable "bucket_name" {
  description = "Name of the bucket that takes the records, 3 to 63 characters of lower-case letters, digits and hyphens."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name must be 3 to 63 characters of lower-case letters, digits and hyphens."
  }
}

variable "table_arns" {
  description = "Tables whose every read and write is recorded."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.table_arns) > 0
    error_message = "table_arns must name at least one table."
  }
}

variable "retention_days" {
  description = "Days the records are kept, 1 to 365."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 365
    error_message = "retention_days must be 1 to 365."
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
