-- A report as Markdown, from the page's markup.

local fake = require "fake"

local markdown = require "assist.cli.markdown"

return {
  { "headings, paragraphs, facts, tables", function()
    fake.equal(markdown.of(table.concat {
      "<!DOCTYPE html>\n<html><head><title>x</title><style>p { }</style></head>\n",
      '<body>\n<main>\n<h1>A &amp; B</h1>\n<p class="ratio"><data value="1">',
      "1,00 %</data></p>\n<dl class=\"facts\"><div><dt>C</dt><dd>D <a>E</a></dd>",
      '</div></dl>\n<h2>F</h2>\n<div><table>\n<caption class="hidden">F</caption>\n',
      "<thead><tr><th>G</th><th>H</th></tr></thead>\n<tbody>\n<tr><th>I|J</th>",
      "<td>K<br>L <svg><text>no</text></svg></td></tr>\n</tbody></table></div>\n",
      '<figure><svg viewBox="0"><svg></svg><text>no</text></svg>\n',
      '<ul class="legend"><li>no</li></ul><figcaption>M</figcaption></figure>',
      "<ul><li>N</li><li>O</li></ul></main><footer>no</footer></body></html>\n" }),
      "# A & B\n\n1,00 %\n\n- **C:** D E\n\n## F\n\n| G | H |\n|---|---|\n"
      .. "| I\\|J | K; L |\n\nM\n\n- N\n- O\n\n")
  end },

  { "what has a meaning in Markdown is escaped, but not in code", function()
    fake.equal(markdown.of "<p>*a* _b_ `c` [d](e) &lt;f&gt; 1 &amp;lt; 2</p>",
      "\\*a\\* \\_b\\_ \\`c\\` \\[d\\](e) \\<f\\> 1 \\&lt; 2\n\n")
    fake.equal(markdown.of "<p>See <code>l2.days_of | x`</code></p>",
      "See `l2.days_of  x`\n\n")
  end },
}
