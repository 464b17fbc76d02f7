terraform {
  required_version = ">= 1.11"
}

module "inputs" {
  source = "../.."

  topology            = yamldecode(replace(file("${path.module}/../../../../../config/topology.yaml"), "$${env}", "dev"))
  function            = "enricher"
  prefix              = "rp-mw-dev"
  vendors             = { "vendor.shopify.base_url" = "https://example.myshopify.com" }
  audit_trail_enabled = true
  maximum_concurrency = 2
}
