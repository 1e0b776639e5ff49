-- A plain-text summary of a service, for a phone or a reader in a hurry:
-- the service's page with "?tro-giup=nhanh" added.  All other requests go on
-- to the portal unchanged.

local function add(lines, label, text)
  if text ~= "" then
    local gap = text:find("\n", 1, true) and "\n" or " "
    lines[#lines + 1] = label .. ":" .. gap .. text
  end
end

return {
  name = "quick_help",
  version = "1.0",

  request = function(ctx)
    local service, request = ctx.service, ctx.request

    if not service or service.state ~= "published"
       or request.method ~= "GET" or request.args["tro-giup"] ~= "nhanh" then
      return
    end

    local lines = { service.name .. " (" .. service.code .. ")" }
    add(lines, "Hồ sơ", service.documents)
    add(lines, "Phí, lệ phí", service.fee)
    add(lines, "Thời hạn", service.time)
    add(lines, "Xem thêm", service.url)
    lines[#lines + 1] = "Trợ lý tự động lập từ danh mục, có thể có sai sót."

    ctx:reply(200, table.concat(lines, "\n\n") .. "\n",
              { ["Content-Type"] = "text/plain; charset=utf-8" })
    ctx:outcome("answered")
  end,
}
