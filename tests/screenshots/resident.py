"""Pictures of what a resident sees on a phone (docs/resident.md)."""


def take(shots):
    page = shots.open("phone")
    page.goto("/")
    shots.save(page, "home")
