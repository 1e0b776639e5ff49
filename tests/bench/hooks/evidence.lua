-- Makes each page an interaction; the page is the portal's own.
return {
  name = "evidence",
  version = "1.0",
  request = function(ctx)
    ctx:outcome("answered")
  end,
}
