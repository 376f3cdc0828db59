//! Keeps the `Debug` text of renamed types as it was: keys of caches are made of it.

/// Implements `Debug` for `$type` as it is derived for a struct of these fields that is called `$name`.
macro_rules! debug_as {
    ($type:ident as $name:literal { $($field:ident),+ $(,)? }) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                // A field that is missing in the list is an error here.
                let Self { $($field),+ } = self;
                f.debug_struct($name)
                    $(.field(stringify!($field), $field))+
                    .finish()
            }
        }
    };
}

pub(crate) use debug_as;
