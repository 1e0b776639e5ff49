-- A catalogue file and its search, as nginx has them.  What is opened lives as
-- long as the process.

local ffi = require "ffi"

local args = require "assist.cli.args"
local files = require "assist.cli.files"
local library = require "assist.cli.library"

local catalogue = {}

local Catalogue = {}
Catalogue.__index = Catalogue

local NONE = 0xffffffff

local found = { [0] = "none", "one", "several" }

local function failed(path, err)
  args.fail("%s%s: %s", path, err.line > 0 and ":" .. err.line or "",
    ffi.string(err.text))
end

-- nginx's order: of a word that two files explain, the later one counts.
local function synonyms_of(path)
  local shipped = library.home .. "/assist/synonyms.txt"
  return (path and files.need(path) .. "\n" or "") .. files.need(shipped)
         .. "\n", shipped
end

-- Whose line is it, of the two files of synonyms?
local function synonyms_failed(err, path, shipped)
  if path then
    local own = select(2, files.need(path):gsub("\n", "")) + 1
    if err.line <= own then
      failed(path, err)
    end
    err.line = err.line - own
  end
  failed(shipped, err)
end

-- The rows of a CSV file alone, an assist_catalog_t.
function catalogue.parse(path)
  local lib, err = library.load(), ffi.new "assist_error_t"
  local text = files.need(path)
  local cat = lib.assist_catalog_parse(text, #text, err)
  if cat == nil then
    failed(path, err)
  end
  return cat
end

-- The catalogue of a CSV file; synonyms: the path of a file that is added to
-- the shipped one, or nil.
function catalogue.open(path, synonyms)
  local lib, err = library.load(), ffi.new "assist_error_t"
  local cat = catalogue.parse(path)

  local words, shipped = synonyms_of(synonyms)
  local image, len = ffi.new "unsigned char *[1]", ffi.new "size_t[1]"
  if lib.assist_search_build(cat, library.str(words), image, len, err) ~= 0
  then
    synonyms_failed(err, synonyms, shipped)
  end

  local search = lib.assist_search_open(cat, image[0], len[0], err)
  if search == nil then
    failed(path, err)
  end
  return setmetatable({ lib = lib, cat = cat, handle = search, services = {} },
    Catalogue)
end

-- The columns of a service by its index; always the same table.
function Catalogue:service(index)
  local columns = self.services[index]
  if columns then
    return columns
  end

  local service = self.cat.services[index]
  local row = self.cat.rows[service.row]
  columns = {
    id = library.text(service.id),
    level = ffi.string(self.lib.assist_level_name(service.level)),
    state = ffi.string(self.lib.assist_state_name(row.state)),
    essential = row.essential ~= 0,
    onprem = row.onprem ~= 0,
  }
  local list, i = self.lib.assist_catalog_columns, 0
  local bytes = ffi.cast("const char *", self.cat.rows + service.row)
  while list[i].name ~= nil do
    columns[ffi.string(list[i].name)] = library.text(
      ffi.cast("const assist_str_t *", bytes + list[i].offset)[0])
    i = i + 1
  end
  self.services[index] = columns
  return columns
end

-- The service of a code and, where several agencies have it, an agency's
-- code; nil and why there is none.
function Catalogue:find(code, agency)
  local index = self.lib.assist_catalog_find(self.cat, library.str(code),
    library.str(agency or ""))
  if index ~= NONE then
    return self:service(index)
  end
  if not agency
     and self.lib.assist_catalog_procedure(self.cat, library.str(code)) ~= NONE
  then
    return nil, ("several agencies have %s: say which with --agency"):format(
      code)
  end
  return nil, ("the catalogue has no service %s%s"):format(code,
    agency and " of agency " .. agency or "")
end

-- What assist.search gives, with columns for services.
function Catalogue:search(query)
  local today = os.date "*t"
  local day = self.lib.assist_date_days(today.year, today.month, today.day)
  local result = ffi.new "assist_result_t"
  if self.lib.assist_search_query(self.handle, library.str(query), day, result)
     ~= 0
  then
    return nil, "the search failed"
  end
  local hits = { found = found[tonumber(result.found)],
    alike = result.nalike }
  for i = 0, result.nhits - 1 do
    local hit = result.hits[i]
    hits[i + 1] = { score = hit.score,
      service = self:service(self.cat.procedures[hit.procedure].service) }
  end
  return hits
end

return catalogue
