-- A page of ours as Markdown.  It reads the markup that assist/pages/status
-- writes, not any: what has no text (pictures) is left out.

local markdown = {}

local entities = { amp = "&", lt = "<", gt = ">", quot = '"', ["#39"] = "'" }

-- Text as it stands in Markdown: what has a meaning there is escaped, but not in
-- code.
local function spell(text, code)
  text = text:gsub("&(#?%w+);", entities):gsub("%s+", " ")
  if code then
    return (text:gsub("[`|]", ""))
  end
  return (text:gsub("[\\`*_%[%]<>|]", "\\%0"):gsub("&#?%w+;", "\\%0"))
end

local function trim(text)
  return (text:gsub("^%s+", ""):gsub("%s+$", ""))
end

-- Elements that are left out with all that is in them.
local skipped = { head = true, svg = true, footer = true }

-- What stands before and after the text of a block.
local blocks = {
  h1 = { "# ", "\n\n" }, h2 = { "## ", "\n\n" }, h3 = { "### ", "\n\n" },
  p = { "", "\n\n" }, figcaption = { "", "\n\n" }, caption = { "**", "**\n\n" },
  li = { "- ", "\n" }, dt = { "- **", ":** " }, dd = { "", "\n" },
}

-- Lists and sections: an empty line after them.
local lists = { ul = true, dl = true, section = true, table = true }

-- Gives the Markdown of a page.
function markdown.of(page)
  local out, text = {}, {}
  local skip, depth = nil, 0
  local cells, columns, code

  local function put(piece)
    out[#out + 1] = piece
  end

  local function flush()
    local all = trim(table.concat(text))
    text = {}
    return all
  end

  local function open(name, attributes)
    if skipped[name] or attributes:find 'class="legend"'
       or name == "caption" and attributes:find 'class="hidden"' then
      skip, depth = name, 1
    elseif blocks[name] then
      local before = flush()
      put(before ~= "" and before .. "\n\n" or "")
    elseif name == "tr" then
      cells = {}
      flush()
    elseif name == "br" then
      text[#text + 1] = "; "
    elseif name == "code" then
      text[#text + 1] = "`"
      code = true
    end
  end

  local function close(name)
    local block = blocks[name]
    if block then
      local all = flush()
      put(all ~= "" and block[1] .. all .. block[2] or "")
    elseif name == "th" or name == "td" then
      cells[#cells + 1] = flush()
    elseif name == "tr" then
      put("| " .. table.concat(cells, " | ") .. " |\n")
      columns = #cells
    elseif name == "thead" then
      put("|" .. ("---|"):rep(columns) .. "\n")
    elseif name == "code" then
      text[#text + 1] = "`"
      code = false
    elseif lists[name] then
      put "\n"
    end
  end

  for before, slash, name, attributes in
      page:gmatch "([^<]*)<(/?!?)(%w+)([^>]*)>" do
    if not skip then
      text[#text + 1] = spell(before, code)
    end
    if skip then
      if name == skip then
        depth = depth + (slash == "/" and -1 or 1)
        skip = depth > 0 and skip or nil
      end
    elseif slash == "/" then
      close(name)
    elseif slash == "" then
      open(name, attributes)
    end
  end
  return (table.concat(out):gsub("\n\n\n+", "\n\n"))
end

return markdown
