with

-- What a snapshot does not say is no truck, and no inspection whose end is known.
carriers as (

    select
        carrier_id,
        authority_granted_at,
        coalesce(
            case when out_of_service_count_24m is not null then inspection_count_24m end, 0
        ) as inspection_count,
        out_of_service_count_24m as out_of_service_count,
        coalesce(truck_count, 0) as truck_count,
        known_at,
        superseded_at
    from {{ ref('stg_freight__carriers') }}

),

contact_changes as (

    select
        carrier_id,
        known_at,
        superseded_at
    from {{ ref('int_carriers__contact_changed') }}

),

windows as (

    {{ trailing_features(
        keys=['carrier_id'],
        features=[
            {'name': 'authority_granted_at', 'standing': 'carriers.authority_granted_at'},
            {'name': 'inspection_count_730d', 'standing': 'carriers.inspection_count'},
            {'name': 'out_of_service_count_730d', 'standing': 'carriers.out_of_service_count'},
            {'name': 'truck_count', 'standing': 'carriers.truck_count'},
            {'name': 'contact_change_count', 'count': 'contact_changes', 'over': '30d'},
        ],
    ) }}

)

select
    {{ all_but(['out_of_service_count_730d']) }},
    out_of_service_count_730d / nullif(inspection_count_730d, 0) as out_of_service_rate_730d
from windows
