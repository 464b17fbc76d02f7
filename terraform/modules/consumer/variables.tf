variable "service" {
  description = "Key of the function in the topology, which has a consumer_stack there and the one queue it consumes."
  type        = string
  nullable    = false

  validation {
    condition     = can(local.topology.functions[var.service].consumer_stack) && length([for queue in values(local.topology.queues) : queue if queue.consumer == var.service]) == 1
    error_message = "service must be a function of the topology that has a consumer_stack there and consumes one queue."
  }
}

variable "topology_file" {
  description = "Path of config/topology.yaml, which the stack knows by where it stands; the tests have a small one."
  type        = string
  nullable    = false

  validation {
    condition     = fileexists(var.topology_file)
    error_message = "topology_file must be the path of config/topology.yaml."
  }
}
