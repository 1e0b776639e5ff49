-- Looks at the request, and delivers nothing.
return {
  name = "idle",
  version = "1.0",
  request = function() end,
}
