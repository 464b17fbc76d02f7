variable "path" {
  description = "SSM path of the flags, for example /rp-mw/dev/flags, without a trailing slash."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^/rp-mw/[a-z]+/flags$", var.path))
    error_message = "path must read /rp-mw/<env>/flags."
  }
}

variable "initial_values" {
  description = "Value of each flag at birth. Afterwards the values belong to the on-call: changes made with `rp-mw flags set` are never undone by an apply."
  type        = map(string)
  nullable    = false

  validation {
    condition     = length(var.initial_values) <= 10 && alltrue([for name in ["safe_mode", "automation_enabled", "rollout_stage"] : contains(keys(var.initial_values), name)])
    error_message = "initial_values must name at most ten flags (one page of SSM's answer), among them safe_mode, automation_enabled and rollout_stage."
  }

  validation {
    condition     = lookup(var.initial_values, "rollout_stage", "") == "shadow" && lookup(var.initial_values, "automation_enabled", "") == "false"
    error_message = "A new environment is born in rollout_stage shadow with automation_enabled false."
  }

  validation {
    condition     = alltrue([for value in values(var.initial_values) : length(value) > 0])
    error_message = "A flag's value must not be empty (SSM refuses it); write none for an empty list."
  }
}
