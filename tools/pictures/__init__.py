"""Pictures of digits as people make them: pens, papers, boxes, light. What the digit finder is measured on."""
