"""A policy text as a workbook: typed tables to read and edit in a spreadsheet, and back to the text, change by change.

- `places`: where each value of a text stands;
- `layout`: a text as sheets of typed cells, and sheets with changes back as a text that differs there alone;
- `excel`: sheets as an .xlsx file, and a file from anybody back as sheets.

The file carries the text that it was made of, so comments, order and spelling survive, and a file that nobody edited
gives the very same text. What comes back is a draft like any other: it is compiled, shown line by line beside what it
replaces, and published by two people.
"""
