"""Sections of pages: words, tables and charts as HTML."""
