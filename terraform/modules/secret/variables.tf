variable "name" {
  description = "Name of the secret: rp-mw/<env>/<vendor>/<name>."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^rp-mw/[a-z]+/[a-z]+/[a-z-]+$", var.name))
    error_message = "name must read rp-mw/<env>/<vendor>/<name> in lower case."
  }
}

variable "description" {
  description = "What the secret holds and in which JSON shape, for the person who sets it."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.description) >= 10
    error_message = "description must say what the secret holds and in which JSON shape."
  }
}

variable "recovery_window_days" {
  description = "Days a deleted secret can be restored, 7 to 30."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.recovery_window_days >= 7 && var.recovery_window_days <= 30
    error_message = "recovery_window_days must be 7 to 30."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer-managed KMS key that encrypts the secret."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}
