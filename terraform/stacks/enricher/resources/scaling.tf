variable "maximum_concurrency" {
  description = "Most batches of the queue handled at once, 2 to 1000 and no more than reserved_concurrency."
  type        = number
  nullable    = false

  validation {
    condition     = var.maximum_concurrency >= 2 && var.maximum_concurrency <= 1000 && var.maximum_concurrency <= var.reserved_concurrency
    error_message = "maximum_concurrency must be 2 to 1000 and no more than reserved_concurrency."
  }
}
