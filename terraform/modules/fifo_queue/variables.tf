variable "name" {
  description = "Name of the queue, ending in .fifo; 1 to 80 characters of letters, digits, hyphen and underscore."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,75}\\.fifo$", var.name))
    error_message = "name must end in .fifo and hold letters, digits, hyphens and underscores only (80 characters at most)."
  }
}

variable "dlq_name" {
  description = "Name of the dead-letter queue, ending in .fifo: a FIFO queue takes a FIFO dead-letter queue only."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,75}\\.fifo$", var.dlq_name))
    error_message = "dlq_name must end in .fifo: a FIFO queue takes a FIFO dead-letter queue only."
  }
}

variable "consumer_timeout_seconds" {
  description = "Timeout of the consuming function in seconds, 1 to 900; the visibility timeout is derived from it."
  type        = number
  nullable    = false

  validation {
    condition     = var.consumer_timeout_seconds >= 1 && var.consumer_timeout_seconds <= 900
    error_message = "consumer_timeout_seconds must be 1 to 900, the range of a Lambda function's timeout."
  }
}

variable "visibility_factor" {
  description = "Visibility timeout as a multiple of the consumer's timeout, 6 to 48: six leaves room for retries of a throttled batch."
  type        = number
  default     = 6
  nullable    = false

  validation {
    condition     = var.visibility_factor >= 6 && var.visibility_factor <= 48
    error_message = "visibility_factor must be 6 to 48; below 6 a slow batch is delivered twice."
  }
}

variable "max_receive_count" {
  description = "Receives before a message moves to the dead-letter queue, 2 to 1000."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.max_receive_count >= 2 && var.max_receive_count <= 1000
    error_message = "max_receive_count must be 2 to 1000: with 1, a single crash would move a good message to the dead-letter queue."
  }
}

variable "retention_days" {
  description = "Days an unread message is kept, 1 to 14."
  type        = number
  default     = 4
  nullable    = false

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 14
    error_message = "retention_days must be 1 to 14."
  }
}

variable "dlq_retention_days" {
  description = "Days a dead letter is kept, 1 to 14, and no fewer than retention_days."
  type        = number
  default     = 14
  nullable    = false

  validation {
    condition     = var.dlq_retention_days >= 1 && var.dlq_retention_days <= 14
    error_message = "dlq_retention_days must be 1 to 14."
  }

  validation {
    condition     = var.dlq_retention_days >= var.retention_days
    error_message = "dlq_retention_days must not be under retention_days: a dead letter keeps its first enqueue time and would expire early."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer-managed KMS key that encrypts both queues."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key: messages hold customer text and are never kept under the default key."
  }
}
