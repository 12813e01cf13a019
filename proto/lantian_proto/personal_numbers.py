"""What numbers of a person look like in a text: mobile and fixed telephones, plates. Pure, for every service.

Each pattern keeps in two groups what a mask may show, the beginning and the end.
"""

import re

EDGE, END = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"
"""A number begins and ends where no letter or digit stands beside it."""
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
MOBILE = re.compile(rf"{EDGE}((?:\+?86[- ]?)?1[3-9]\d[- ]?)\d{{4}}([- ]?\d{{4}}){END}")
LANDLINE = re.compile(rf"{EDGE}(0\d{{2,3}}[- ])\d{{5,6}}(\d{{2}}){END}")
PLATE = re.compile(rf"([{PROVINCES}][A-HJ-NP-Z][·•・ ]?)[A-HJ-NP-Z0-9]{{3,4}}([A-HJ-NP-Z0-9]{{2}})(?![A-Z0-9])")
