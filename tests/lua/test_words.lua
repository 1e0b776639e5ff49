-- The words of the default assistant: both languages say the same things.

local fake = require "fake"
local words = require "assist.procedure_words"

local function same_keys(a, b, path)
  for key, value in pairs(a) do
    fake.equal(type(b[key]), type(value), path .. "." .. key)
    if type(value) == "table" then
      same_keys(value, b[key], path .. "." .. key)
    end
  end
end

return {
  { "Vietnamese and English have the same texts", function()
    same_keys(words.vi, words.en, "vi")
    same_keys(words.en, words.vi, "en")
  end },

  { "each topic has its label, and folded phrases", function()
    for _, topic in ipairs(words.topics) do
      fake.equal(type(words.vi[topic.column]), "string")
      for _, phrase in ipairs(topic.phrases) do
        assert(not phrase:find("[^a-z ]"), "not folded: " .. phrase)
        assert(phrase:sub(1, 1) == " ", "starts inside a word: " .. phrase)
      end
    end
  end },

  { "each level has its sentence and its name", function()
    for _, level in ipairs { "full", "partial", "info", "unknown" } do
      fake.equal(type(words.vi.level[level]), "string")
      fake.equal(type(words.vi.level_name[level]), "string")
    end
  end },
}
