"""Product words: what a shop sells, by the common nouns of retail. A closed list; a shop's own titles are not in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

_WORDS = """
shirt t-shirt tshirt tee blouse sweater jumper hoodie cardigan jacket coat vest dress skirt jeans trousers pants shorts leggings
socks tights underwear bra bikini swimsuit pyjamas pajamas suit tie scarf gloves hat cap beanie belt shoes sneakers trainers
boots sandals heels slippers bag handbag backpack wallet purse suitcase luggage necklace bracelet ring earrings watch
sunglasses glasses phone smartphone case charger cable headphones earphones earbuds headset speaker laptop notebook tablet
keyboard mouse monitor printer camera lens television tv console controller drone battery adapter sofa couch chair table
desk bed mattress pillow duvet blanket sheet towel curtain rug carpet lamp shelf wardrobe drawer mirror vase candle mug cup
plate bowl glass bottle pan pot knife fork spoon kettle toaster blender mixer oven microwave fridge freezer dishwasher vacuum
iron fan heater shampoo conditioner soap lotion cream serum perfume cologne lipstick mascara foundation moisturiser moisturizer
sunscreen vitamin vitamins supplement supplements protein whey powder capsules tablets book puzzle toy doll game lego bike
bicycle helmet scooter skateboard tent racket dumbbell treadmill yoga-mat leash crib stroller diapers bouquet flowers plant
poster frame sticker notebook pen pencil
"""


def find_products(plain: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, "product") for every product word, singular or plural."""
    for match in _pattern().finditer(plain):
        yield match.start(), match.end(), "product"


@cache
def _pattern() -> re.Pattern[str]:
    words = sorted({*_WORDS.split()}, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, words))})(?:e?s)?(?![\w-])", re.IGNORECASE)
