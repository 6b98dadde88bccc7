//! Places that are used again. Who keeps the name of one that is not there any more finds
//! nothing.

/// Names something in a [`Slab`]: its place, and how often that was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub(super) struct Id {
    place: u32,
    use_of_it: u32,
}

/// Things with names.
#[derive(Debug)]
pub(super) struct Slab<T> {
    places: Vec<(u32, Option<T>)>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<T> Slab<T> {
    pub(super) fn add(&mut self, thing: T) -> Id {
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push((0, None));
            self.places.len() as u32 - 1
        });
        let (use_of_it, slot) = &mut self.places[place as usize];
        *slot = Some(thing);
        Id {
            place,
            use_of_it: *use_of_it,
        }
    }

    pub(super) fn get(&mut self, id: Id) -> Option<&mut T> {
        let (use_of_it, slot) = self.places.get_mut(id.place as usize)?;
        slot.as_mut().filter(|_| *use_of_it == id.use_of_it)
    }

    pub(super) fn remove(&mut self, id: Id) -> Option<T> {
        let (use_of_it, slot) = self.places.get_mut(id.place as usize)?;
        if *use_of_it != id.use_of_it {
            return None;
        }
        let thing = slot.take()?;
        *use_of_it = use_of_it.wrapping_add(1);
        self.free.push(id.place);
        Some(thing)
    }

    /// Takes something out whose name goes on to count, until it is put back or given up.
    pub(super) fn take(&mut self, id: Id) -> Option<T> {
        let (use_of_it, slot) = self.places.get_mut(id.place as usize)?;
        slot.take_if(|_| *use_of_it == id.use_of_it)
    }

    pub(super) fn put_back(&mut self, id: Id, thing: T) {
        self.places[id.place as usize].1 = Some(thing);
    }

    pub(super) fn give_up(&mut self, id: Id) {
        let (use_of_it, _) = &mut self.places[id.place as usize];
        *use_of_it = use_of_it.wrapping_add(1);
        self.free.push(id.place);
    }

    pub(super) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// All of them, with their names.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Id, &T)> {
        let named = self.places.iter().zip(0..);
        named.filter_map(|((use_of_it, slot), place)| {
            let id = Id {
                place,
                use_of_it: *use_of_it,
            };
            slot.as_ref().map(|thing| (id, thing))
        })
    }
}
