-- What the panels that go into the portal's pages share.

local panel = {}

local html = require("assist").html

local languages = { vi = true, en = true }

-- The page's language: the hook's lang=, the page's own, English below /en/.
function panel.language(ctx, conf)
  if languages[conf.lang] then
    return conf.lang
  elseif languages[ctx.lang] then
    return ctx.lang
  end
  return (ctx.request.uri .. "/"):find("/en/", 1, true) and "en" or "vi"
end

-- The shipped look, once a page, whatever the number of panels; style=off for
-- portals whose own sheet has it.
function panel.style(ctx, conf)
  if conf.style ~= "off" and not ctx.data["assist.panel"] then
    ctx.data["assist.panel"] = true
    ctx:inject("head_end", html('<link rel="stylesheet" href="%s">\n',
      conf.style or "/assist/panel.css"))
  end
end

return panel
