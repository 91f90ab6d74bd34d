from . import case_papers
