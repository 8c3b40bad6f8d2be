"""The figures and tables of the papers, a page each.

python -m recipes.paper.texture_sticking
python -m recipes.paper.alias_free_ablation
"""
