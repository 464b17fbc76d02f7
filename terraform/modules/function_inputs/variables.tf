variable "topology" {
  description = "config/topology.yaml, decoded, with the environment's name filled in."
  type        = any
  nullable    = false

  validation {
    condition     = can(var.topology.functions) && can(var.topology.queues) && can(var.topology.tables) && can(var.topology.secrets) && can(var.topology.flags.path)
    error_message = "topology must hold functions, queues, tables, secrets and flags: pass config/topology.yaml decoded."
  }
}

variable "function" {
  description = "Key of the function in the topology, such as worker."
  type        = string
  nullable    = false

  validation {
    condition     = contains(keys(var.topology.functions), var.function)
    error_message = "function must be a key of the topology's functions."
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

variable "vendors" {
  description = "Settings of the vendors by reference, such as { \"vendor.shopify.base_url\" = \"https://…\" }."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.vendors) : startswith(key, "vendor.")])
    error_message = "Keys of vendors must read vendor.<name>.<setting>."
  }
}

variable "audit_trail_enabled" {
  description = "Whether the environment keeps the audit trail; without it the function is told an empty table name and gets no permission."
  type        = bool
  nullable    = false
}

variable "maximum_concurrency" {
  description = "Most runs of the function at once, 1 to 1000: what it may share a vendor's budget between."
  type        = number
  nullable    = false

  validation {
    condition     = var.maximum_concurrency >= 1 && var.maximum_concurrency <= 1000
    error_message = "maximum_concurrency must be 1 to 1000."
  }
}

variable "table_ttl_days" {
  description = "Days after which a table's items expire, by the table's key, where not what the topology says: 1 to 365, and the idempotency table 15 at least."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, days in var.table_ttl_days : days >= (key == "idempotency" ? 15 : key == "conversation_state" ? 2 : 1) && days <= 365])
    error_message = "table_ttl_days must be 1 to 365, of conversation_state at least 2 (reply slots count a day) and of idempotency at least 15: an event's item outlives its dead letter, or a redrive would run it twice."
  }

  validation {
    condition     = alltrue([for key in keys(var.table_ttl_days) : contains(keys(var.topology.tables), key)])
    error_message = "table_ttl_days names a table that the topology does not have."
  }
}
