variable "name" {
  description = "Name of the bucket, 3 to 58 characters of lower-case letters, digits and hyphens; the log bucket adds -logs."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,56}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 58 characters of lower-case letters, digits and hyphens."
  }
}

variable "retention_days" {
  description = "Days an export is kept, 1 to 400; afterwards it is deleted with all its versions."
  type        = number
  nullable    = false

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 400
    error_message = "retention_days must be 1 to 400: as long as compliance asks, not for ever."
  }
}

variable "reader_role_arns" {
  description = "Roles that may read the archive; nobody else may, administrators included."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.reader_role_arns) > 0 && alltrue([for arn in var.reader_role_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/", arn))])
    error_message = "reader_role_arns must name at least one role by its ARN."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer-managed KMS key that encrypts the archive."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}

variable "table_arn" {
  description = "ARN of the table that is exported to the archive."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:dynamodb:", var.table_arn))
    error_message = "table_arn must be the ARN of a table."
  }
}
