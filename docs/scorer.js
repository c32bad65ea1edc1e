/* How results of a search are ordered: a page whose title has what was searched for stands before one whose text has it. */
"use strict";

const TITLE_WEIGHT = 40; /* for a title with every word that was searched for; above what a section's heading gives */

const wordsOf = (text) => {
  const stemmer = new Stemmer();
  return new Set(splitQuery(text.toLowerCase()).map((word) => stemmer.stemWord(word)));
};

var Scorer = {
  /* Sphinx's own figures */
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,

  score: ([docname, title, anchor, descr, score]) => {
    const asked = wordsOf(new URLSearchParams(window.location.search).get("q") || "");
    const said = wordsOf(title);
    const found = [...asked].filter((word) => said.has(word)).length;
    return score + (asked.size ? Math.round((TITLE_WEIGHT * found) / asked.size) : 0);
  },
};
