-- README.md says of directives and variables what the C sources say.

local cli = require "cli"
local fake = require "fake"

local http = cli.root .. "/ngx_module/http/"
local readme = cli.read(cli.root .. "/README.md")

-- The bodies of the C arrays of a type, in all files of http/.
local function arrays(of)
  local bodies = {}
  local list = assert(io.popen("ls " .. http .. "*.c"))
  for path in list:lines() do
    for body in cli.read(path):gmatch(of .. "%s+[%w_]+%[%]%s*=%s*(%b{})") do
      bodies[#bodies + 1] = body
    end
  end
  list:close()
  assert(#bodies > 0, "no " .. of .. " was found")
  return table.concat(bodies)
end

-- name to "http, server, location", as far as it is allowed there.
local function c_directives()
  local found = {}
  for name, flags in arrays("ngx_command_t"):gmatch(
    'ngx_string%("(assist[%w_]*)"%),%s*([%w_|%s]+),') do
    local places = {}
    for _, place in ipairs { { "MAIN", "http" }, { "SRV", "server" },
                             { "LOC", "location" } } do
      if flags:find("NGX_HTTP_" .. place[1] .. "_CONF", 1, true) then
        places[#places + 1] = place[2]
      end
    end
    found[name] = table.concat(places, ", ")
  end
  return found
end

-- The same of the entries "**name** ... — context", and their order.
local function readme_directives()
  local section = assert(readme:match("\n## Directives\n(.-)\n## "))
  local found, order = {}, {}
  for name, rest in section:gmatch("\n%*%*(assist[%w_]*)%*%*([^\n]*)\n: ") do
    local places = {}
    for place in rest:match("([^—]*)$"):gmatch("%l+") do
      if place == "http" or place == "server" or place == "location" then
        places[#places + 1] = place
      end
    end
    assert(not found[name], name .. " is there twice")
    found[name] = table.concat(places, ", ")
    order[#order + 1] = name
  end
  return found, order
end

local function same(got, expected, what)
  for name, value in pairs(expected) do
    assert(got[name], ("%s %s: README.md does not have it"):format(what, name))
    assert(got[name] == value, ("%s %s: README.md says %s, C says %s"):format(
      what, name, tostring(got[name]), tostring(value)))
  end
  for name in pairs(got) do
    assert(expected[name], ("%s %s: it is not in C"):format(what, name))
  end
end

return {
  { "README.md has each directive, with its contexts, and no other", function()
    same(readme_directives(), c_directives(), "directive")
  end },

  { "the directives are in alphabetical order", function()
    local _, order = readme_directives()
    local sorted = { unpack(order) }
    table.sort(sorted)
    fake.equal(table.concat(order, " "), table.concat(sorted, " "))
  end },

  { "README.md has each variable, and no other", function()
    local expected, got = {}, {}
    for name in arrays("ngx_http_variable_t"):gmatch(
      'ngx_string%("(assist_[%w_]+)"%)') do
      expected[name] = true
    end
    local section = assert(readme:match("\n## Variables\n(.-)\n## "))
    for cells in section:gmatch("\n(|[^|\n]*|)") do
      for name in cells:gmatch("`%$([%w_]+)`") do
        got[name] = true
      end
    end
    same(got, expected, "variable")
  end },
}
