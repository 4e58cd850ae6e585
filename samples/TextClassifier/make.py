"""Writes data/english.txt, french.txt and german.txt: sentences of one to four parts out of small lists of words, the same each time."""
import random

PARTS = {
    "english": (["The farmer", "My sister", "A tired cook", "The old teacher", "Our neighbour", "Every child"],
                ["carries", "buys", "has lost", "would like", "paints", "is looking for"],
                ["a red bicycle", "the heavy box", "three apples", "an empty house", "the other shoe", "some fresh bread"],
                ["in the morning", "near the river", "without a word", "for his mother", "after the rain", "with great joy"]),
    "french": (["Le fermier", "Ma soeur", "Un cuisinier fatigué", "La vieille maîtresse", "Notre voisin", "Chaque enfant"],
               ["porte", "achète", "a perdu", "voudrait", "peint", "cherche"],
               ["un vélo rouge", "la caisse lourde", "trois pommes", "une maison vide", "l'autre chaussure", "du pain frais"],
               ["le matin", "près de la rivière", "sans un mot", "pour sa mère", "après la pluie", "avec grande joie"]),
    "german": (["Der Bauer", "Meine Schwester", "Ein müder Koch", "Die alte Lehrerin", "Unser Nachbar", "Jedes Kind"],
               ["trägt", "kauft", "vermisst", "möchte", "malt", "sucht"],
               ["ein rotes Fahrrad", "die schwere Kiste", "drei Äpfel", "ein leeres Haus", "den anderen Schuh", "etwas frisches Brot"],
               ["am Morgen", "nahe am Fluss", "ohne ein Wort", "für die Mutter", "nach dem Regen", "mit großer Freude"]),
}

for number, (language, parts) in enumerate(PARTS.items()):
    choose = random.Random(number)
    sentences = set()
    while len(sentences) < 120:
        first = choose.randrange(3)
        end = choose.randrange(first + 1, 5)
        sentences.add(" ".join(choose.choice(words) for words in parts[first:end]))
    with open(f"data/{language}.txt", "w", encoding="utf-8") as file:
        file.writelines(f"{sentence}\n" for sentence in sorted(sentences))
