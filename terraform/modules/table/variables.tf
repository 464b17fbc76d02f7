variable "name" {
  description = "Name of the table: letters, digits, underscore, hyphen and dot, 3 to 255 characters."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]{3,255}$", var.name))
    error_message = "name must be 3 to 255 characters of letters, digits, underscore, hyphen and dot."
  }
}

variable "partition_key" {
  description = "Name of the partition key, a string attribute."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.partition_key) > 0
    error_message = "partition_key must not be empty."
  }
}

variable "sort_key" {
  description = "Name of the sort key, a string attribute; null for a table without one."
  type        = string
  default     = null
}

variable "indexes" {
  description = "Global secondary indexes by name: string keys, and projection ALL or KEYS_ONLY. An item without the partition key is in none."
  type = map(object({
    partition_key = string
    sort_key      = string
    projection    = string
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for index in var.indexes : contains(["ALL", "KEYS_ONLY"], index.projection)])
    error_message = "An index's projection must be ALL or KEYS_ONLY."
  }

  validation {
    condition     = length(var.indexes) <= 20
    error_message = "A table has at most 20 global secondary indexes."
  }
}

variable "ttl_attribute" {
  description = "Name of the attribute that holds the expiry in epoch seconds (a number)."
  type        = string
  default     = "expires_at"
  nullable    = false

  validation {
    condition     = length(var.ttl_attribute) > 0
    error_message = "ttl_attribute must not be empty: every table of this product expires its items."
  }
}

variable "point_in_time_recovery_days" {
  description = "Days the table can be rolled back to, 1 to 35."
  type        = number
  default     = 35
  nullable    = false

  validation {
    condition     = var.point_in_time_recovery_days >= 1 && var.point_in_time_recovery_days <= 35
    error_message = "point_in_time_recovery_days must be 1 to 35; point-in-time recovery cannot be turned off."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer-managed KMS key that encrypts the table."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}
