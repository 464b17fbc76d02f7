variable "name" {
  description = "Name of the API: rp-mw-<env>-webhook."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^rp-mw-[a-z]+-[a-z]+$", var.name))
    error_message = "name must read rp-mw-<env>-<thing> in lower case."
  }
}

variable "function_name" {
  description = "Name of the ingress function."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.function_name) > 0
    error_message = "function_name must not be empty."
  }
}

variable "alias_name" {
  description = "Alias of the ingress function that serves."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.alias_name) > 0 && var.alias_name != "$LATEST"
    error_message = "alias_name must name an alias; $LATEST would skip the canary."
  }
}

variable "alias_invoke_arn" {
  description = "ARN through which API Gateway invokes the alias."
  type        = string
  nullable    = false

  validation {
    condition     = startswith(var.alias_invoke_arn, "arn:")
    error_message = "alias_invoke_arn must be an ARN."
  }
}

variable "throttle_rate_per_second" {
  description = "Sustained requests per second the API lets through, 1 to 1000."
  type        = number
  nullable    = false

  validation {
    condition     = var.throttle_rate_per_second >= 1 && var.throttle_rate_per_second <= 1000
    error_message = "throttle_rate_per_second must be 1 to 1000."
  }
}

variable "throttle_burst" {
  description = "Requests let through at once above the sustained rate, 1 to 2000, and no fewer than the rate."
  type        = number
  nullable    = false

  validation {
    condition     = var.throttle_burst >= 1 && var.throttle_burst <= 2000
    error_message = "throttle_burst must be 1 to 2000."
  }

  validation {
    condition     = var.throttle_burst >= var.throttle_rate_per_second
    error_message = "throttle_burst must not be under throttle_rate_per_second, or the rate is never reached."
  }
}

variable "log_retention_days" {
  description = "Days access logs are kept: one of 14, 30, 90."
  type        = number
  nullable    = false

  validation {
    condition     = contains([14, 30, 90], var.log_retention_days)
    error_message = "log_retention_days must be 14 (dev), 30 (staging) or 90 (prod)."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer-managed KMS key that encrypts the access logs."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}

variable "function_timeout_seconds" {
  description = "The function's timeout in seconds, 1 to 29: the API waits as long, and may wait 30 at most."
  type        = number
  nullable    = false

  validation {
    condition     = var.function_timeout_seconds >= 1 && var.function_timeout_seconds <= 29
    error_message = "function_timeout_seconds must be 1 to 29: an HTTP API waits 30 s at most, and the helpdesk would not hear how it went."
  }
}
