-- Which local names mean something of the API, block by block.  A name means
-- a path ("assist", "assist.cache", "ctx", "ctx.request", "service"), or false
-- for anything else.

local scopes = {}
scopes.__index = scopes

function scopes.new()
  return setmetatable({ { names = {} } }, scopes)
end

-- Opens a block; phase: of the function whose body it is, or nil.
function scopes:push(phase)
  self[#self + 1] = { names = {}, phase = phase }
end

function scopes:pop()
  if #self > 1 then
    self[#self] = nil
  end
end

function scopes:bind(name, meaning)
  self[#self].names[name] = meaning
end

function scopes:meaning(name)
  for i = #self, 1, -1 do
    local meaning = self[i].names[name]
    if meaning ~= nil then
      return meaning
    end
  end
end

-- The phase in which the present block runs, where that is certain.
function scopes:phase()
  return self[#self].phase
end

return scopes
