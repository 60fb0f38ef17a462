"""RE2 behind the matcher port: linear time, whatever the pattern (https://github.com/google/re2/wiki/Syntax)."""

from gistsearch.adapters.re2.matcher import Re2Compiler, Re2Matcher

__all__ = ["Re2Compiler", "Re2Matcher"]
