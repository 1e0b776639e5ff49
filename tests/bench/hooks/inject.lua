-- Puts a panel at the end of each page.
local assist = require "assist"

local panel = assist.html '<p class="panel">AI: TK01, 2 photos 4x6, ID card.</p>'

return {
  name = "inject",
  version = "1.0",
  page = function(ctx)
    ctx:inject("body_end", panel)
  end,
}
